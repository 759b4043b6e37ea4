"""The NumPy code that the chapters teach, one module an idea.

Each function is first shown in its chapter, where it is the same to the letter but
for docstring and annotations; later chapters import it from here.
"""
