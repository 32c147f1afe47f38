"""The blocks by name: MS-ResNet's block of turned-off neurons against plain formulas, and inside a
T-RevSNN under every memory strategy."""

import pytest
import torch
from torch.nn import functional as F

from tests.networks import gradients, small_batch, small_net, worst_relative_error
from trevsnn_lite import TRevSNNConfig
from trevsnn_lite.blocks import BLOCKS, BasicBlock, MSResNetBlock
from trevsnn_lite.deploy.fold import fold


def test_the_branch_is_spike_convolution_twice():
    torch.manual_seed(0)
    block, u = MSResNetBlock(8, expansion=2), torch.randn(2, 8, 7, 7)
    h = F.conv2d((u >= 0.5).float(), block.first.effective_weight(), block.first.bias, padding=1)
    assert h.shape[1] == 16
    expected = F.conv2d(
        (h >= 0.5).float(), block.second.effective_weight(), block.second.bias, padding=1
    )
    torch.testing.assert_close(block.branch(u), expected)
    assert torch.equal(block(u), u)
    with torch.no_grad():
        block.alpha.fill_(0.3)
        torch.testing.assert_close(block(u), u + 0.3 * expected)


def test_the_configuration_names_the_block():
    assert TRevSNNConfig().block == "convnext"
    for name, kind in BLOCKS.items():
        net = small_net(block=name, kernel_size=3)
        blocks = [
            module for module in net.modules() if isinstance(module, (BasicBlock, MSResNetBlock))
        ]
        assert blocks and all(type(block) is kind for block in blocks)
    with pytest.raises(ValueError, match="block is 'resnet', expected one of convnext, ms-resnet"):
        TRevSNNConfig(block="resnet")


@pytest.mark.parametrize("memory", ["recompute", "reversible", "taped"])
def test_every_strategy_gives_the_gradients_of_autograd(memory):
    change = {"block": "ms-resnet", "kernel_size": 3, "expansion": 1}
    found, expected = (
        gradients(small_net(memory=name, **change), *small_batch()) for name in (memory, "store")
    )
    assert any("second.weight" in name and grad.any() for name, grad in expected.items())
    assert worst_relative_error(found, expected) < 1e-5


def test_a_folded_network_of_these_blocks_gives_the_same_logits():
    net = small_net(memory="store", block="ms-resnet", kernel_size=3, expansion=1)
    images, _ = small_batch()
    with torch.no_grad():
        torch.testing.assert_close(fold(net)(images), net.eval()(images), atol=1e-5, rtol=1e-5)
