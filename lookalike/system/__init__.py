"""What is asked of the machine, in one way everywhere."""
