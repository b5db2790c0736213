"""Processes: a fresh one for each task, limited in time and memory, gone with all of its children."""
