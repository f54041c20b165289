"""How a protocol is written: Markdown, HTML, Word, PDF and TeX."""
