"""Tables: found in lines of text, shaped into heads and body, framed by caption, unit and notes."""
