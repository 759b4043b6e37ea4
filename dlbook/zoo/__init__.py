"""Networks that made history, and one to use: with its weights."""

from dlbook.zoo.alexnet import alexnet
from dlbook.zoo.efficientnet import efficientnet_lite0, imagenet_classes, top_classes
from dlbook.zoo.lenet import lenet, lenet5
from dlbook.zoo.pronouncer import pronouncer
from dlbook.zoo.residual import highway, resnet
from dlbook.zoo.vgg import vgg16, vgg19

__all__ = ["efficientnet_lite0", "imagenet_classes", "top_classes"]
__all__ += ["alexnet", "lenet", "lenet5", "vgg16", "vgg19"]
__all__ += ["highway", "pronouncer", "resnet"]
