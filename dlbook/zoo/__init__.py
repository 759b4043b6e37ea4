"""Networks that made history, and one to use: with its weights."""

from dlbook.zoo.efficientnet import efficientnet_lite0, imagenet_classes, top_classes

__all__ = ["efficientnet_lite0", "imagenet_classes", "top_classes"]
