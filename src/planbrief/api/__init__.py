"""What notebooks of analysts use: ``import planbrief as pb``; data frames with provenance, figures that keep it."""
