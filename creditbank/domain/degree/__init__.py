"""Degree audit (毕业审核): what a programme asks for as a tree, what a learner has, and the integer program between them."""
