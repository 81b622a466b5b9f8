"""Pictures made on the server: SVG with the same facts as text."""
