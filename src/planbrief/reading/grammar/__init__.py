"""The grammar of Chinese statistical prose: from canonical text to a proposed row for each numeral."""
