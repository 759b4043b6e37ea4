"""What Keras computes, as NumPy arrays."""

import keras


def compiled(fn, *arrays):
    """The tensors that `fn` computes of arrays; on JAX by one program.

    Called operation by operation, JAX compiles each of them for each shape, which
    takes far longer than what a test then computes.
    """
    if keras.backend.backend() == "jax":
        import jax

        fn = jax.jit(fn)
    return [keras.ops.convert_to_numpy(tensor) for tensor in fn(*arrays)]
