"""People to talk to at a customer. Not the contact details that a customer itself or a document shows."""
