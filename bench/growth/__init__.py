"""What grows how: installations of many models with a past, and what parsing, pages and nights cost them."""
