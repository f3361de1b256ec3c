"""What can be done with open items: locking them in order, applying a credit, undoing an application."""
