"""Labelled pictures for training and measuring, in the layouts in which they are published."""
