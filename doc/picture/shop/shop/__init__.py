"""A shop that sells crockery: what the pictures of xtop test."""
