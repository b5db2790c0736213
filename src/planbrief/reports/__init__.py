"""Run notebooks, render their pages and publish editions."""
