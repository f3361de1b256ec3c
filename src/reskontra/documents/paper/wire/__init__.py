"""A sales document on paper: what it says, part by part, as `document.typ` places it."""
