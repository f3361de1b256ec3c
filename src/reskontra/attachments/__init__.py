"""Files that are attached to documents and their lines, with all their revisions."""
