"""People at a customer. The contact details that a customer or a document shows are in other rooms."""
