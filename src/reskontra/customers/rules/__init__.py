"""The rules of customers: master data, their collections, and what status and credit allow."""
