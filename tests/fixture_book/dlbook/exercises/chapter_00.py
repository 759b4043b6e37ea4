"""References for the exercises of the example chapter."""

from dlbook._check import Value

EXERCISES = {
    "0.1": Value(
        3.75, hint="Set the derivative of the squared error to zero, with weights."
    ),
}
