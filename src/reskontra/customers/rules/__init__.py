"""The rules of customers: master data, what they have several of, and what status and credit allow."""
