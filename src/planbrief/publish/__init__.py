"""Publish editions as a whole: staged, verified, switched, kept, indexed, compared with the one before."""
