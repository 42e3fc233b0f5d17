"""The field, reproduced: cigate beside simpler and other predictors, on the same builds of given projects."""
