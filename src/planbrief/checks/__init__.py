"""Does it hold? Data, documents, notebooks, catalog and translations, every problem at once."""
