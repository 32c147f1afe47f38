"""For a class: the student and teacher editions, and the grader. It stands beside the library, in a
checkout of the project."""
