"""One file per fixed design; a new file here is found by the command line, the documents and the tests."""
