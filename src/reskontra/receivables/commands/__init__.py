"""What is done with open items: taking locks in the one order, applying a credit, undoing an application."""
