"""The exercises, one file a chapter (chNN.py), each with a tuple EXERCISES of
`trevsnn_lite.course.exercise.Exercise`."""
