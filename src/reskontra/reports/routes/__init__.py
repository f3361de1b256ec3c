"""The addresses of reports, and of the control of number series."""
