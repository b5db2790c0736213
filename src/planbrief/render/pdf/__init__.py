"""A document as Typst source, compiled to PDF/UA-1 and PDF/A-2a."""
