"""What happens to a trained network: fold it, merge its pairs of convolutions, export it."""
