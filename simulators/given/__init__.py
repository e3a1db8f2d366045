"""What unit tests begin from: values and small worlds that test modules cannot share otherwise."""
