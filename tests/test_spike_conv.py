"""Convolutions of potentials and of the spikes that they fire, against torch's own in every branch
and memory format; what they keep, and what they leave to torch."""

import pytest
import torch

from trevsnn_lite import kernels
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.spike_conv import Conv2d, SpikeConv2d
from trevsnn_lite.spikes import spike

SHAPES = {  # in, out, kernel, stride, groups, size
    "pointwise": (6, 9, 1, 1, 1, 7),
    "pointwise, many pixels": (6, 9, 1, 1, 1, 19),
    "pointwise, stride 2": (6, 9, 1, 2, 1, 8),
    "depthwise, small image": (6, 6, 5, 1, 6, 4),
    "depthwise, 1 pixel": (6, 6, 5, 1, 6, 1),
    "depthwise, larger image": (6, 6, 5, 1, 6, 9),
    "depthwise, wide kernel": (6, 6, 7, 1, 6, 2),
    "depthwise, 3x3": (6, 6, 3, 1, 6, 5),
    "depthwise, stride 2": (6, 6, 3, 2, 6, 4),
    "dense": (6, 8, 3, 2, 1, 8),
    "groups": (6, 9, 3, 1, 3, 4),
}
FORMATS = [torch.channels_last, torch.contiguous_format]


def both(shape, kind=Conv2d, memory_format=torch.channels_last, dtype=torch.float64, **given):
    """(convolution, input, gradient of the output) for one of SHAPES."""
    inputs, outputs, kernel, stride, groups, size = SHAPES[shape]
    torch.manual_seed(0)
    conv = kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, dtype=dtype, **given)
    x = torch.randn(3, inputs, size, size, dtype=dtype).contiguous(memory_format=memory_format)
    return conv, x.requires_grad_(), torch.randn_like(conv(x))


def plain(conv, x):
    """torch's own convolution of what the layer sees."""
    return torch.nn.Conv2d.forward(conv, conv.seen(x))


def gradients(output, conv, x, grad, wanted=None):
    return [output, *torch.autograd.grad(output, wanted or [x, *conv.parameters()], grad)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_output_and_gradients_are_torch_s(shape, memory_format, bias):
    conv, x, grad = both(shape, Conv2d, memory_format, bias=bias)
    found = gradients(conv(x), conv, x, grad)
    assert found[0].grad_fn.name() == "_ConvolutionBackward"
    torch.testing.assert_close(
        found, gradients(plain(conv, x), conv, x, grad), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("surrogate", ["rectangle", "arctan"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_convolution_of_spikes_is_one_of_what_spike_fires(shape, surrogate, memory_format):
    given = {"threshold": 0.3, "surrogate": surrogate}
    conv, u, grad = both(shape, SpikeConv2d, memory_format, **given)
    fired = torch.nn.Conv2d.forward(conv, spike(u, 0.3, surrogate))
    found, expected = gradients(conv(u), conv, u, grad), gradients(fired, conv, u, grad)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert all(g.abs().max() > 0 for g in found)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("threshold", [0.5, 0.3, 1.0, -0.25, 0.0, -0.5])
def test_the_window_is_the_comparison_s_at_and_beside_both_edges(threshold, dtype):
    edges = torch.tensor([threshold - 0.5, threshold, threshold + 0.5], dtype=dtype)
    beside = [torch.nextafter(edges, torch.full_like(edges, far)) for far in (-9.0, 9.0)]
    v = torch.cat([edges, *beside, torch.linspace(-3, 3, 1001, dtype=dtype)])
    v = v[(v == 0) | (v.abs() >= torch.finfo(dtype).tiny)]  # a CPU may flush what is smaller to 0
    v = v.view(1, 1, 1, -1).requires_grad_()
    for strict in (False, True):
        conv = SpikeConv2d(1, 1, 1, bias=False, threshold=threshold, strict=strict, dtype=dtype)
        with torch.no_grad():
            conv.weight.fill_(1.0)
        found = conv(v)
        assert torch.equal(found, (v > threshold if strict else v >= threshold).to(dtype))
        assert torch.equal(found, conv.seen(v))
        (grad,) = torch.autograd.grad(found, v, torch.full_like(v, 3.0))
        expected = spike(v, threshold)
        (expected,) = torch.autograd.grad(expected, v, torch.full_like(v, 3.0))
        at_threshold = v != threshold
        assert torch.equal(grad[at_threshold], expected[at_threshold])


@pytest.mark.parametrize("shape", ["pointwise", "depthwise, small image", "dense"])
def test_a_gradient_that_does_not_lie_as_the_input_does_changes_nothing(shape):
    conv, x, grad = both(shape)
    expected = gradients(plain(conv, x), conv, x, grad)
    for other in (grad.contiguous(), grad.transpose(2, 3).contiguous().transpose(2, 3)):
        found = gradients(conv(x), conv, x, other)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [Conv2d, SpikeConv2d])
@pytest.mark.parametrize("shape", ["pointwise", "depthwise, small image", "dense"])
def test_only_what_is_asked_for(shape, kind):
    conv, x, grad = both(shape, kind)
    expected = gradients(plain(conv, x), conv, x, grad)
    for index, wanted in enumerate((x, conv.weight, conv.bias), start=1):
        found = gradients(conv(x), conv, x, grad, [wanted])[1]
        torch.testing.assert_close(found, expected[index], rtol=1e-12, atol=1e-12)
    conv.weight.requires_grad_(False)
    found = gradients(conv(x), conv, x, grad, [x])[1]
    torch.testing.assert_close(found, expected[1], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [Conv2d, SpikeConv2d])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_scale_of_the_output_is_one_of_the_weights(shape, bias, kind):
    conv, x, grad = both(shape, kind, bias=bias)
    of_channels = torch.linspace(-2.0, 2.0, conv.out_channels, dtype=torch.float64)
    for scale in (of_channels.view(-1, 1, 1), torch.tensor(0.7, dtype=torch.float64)):
        scale.requires_grad_()
        tensors = [x, scale, *conv.parameters()]
        found, expected = (
            gradients(output, conv, x, grad, tensors)
            for output in (conv(x, scale), scale * plain(conv, x))
        )
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.startswith("depthwise")])
def test_depthwise_gradients_in_float32_whole_and_in_parts(shape, memory_format, monkeypatch):
    """Where it was measured to be faster, by a convolution with the output's gradient as its
    kernel; elsewhere by torch's."""
    conv, x, grad = both(shape, Conv2d, memory_format, torch.float32)
    expected = gradients(plain(conv, x), conv, x, grad)
    calls, original = [], kernels._correlation
    monkeypatch.setattr(
        kernels, "_correlation", lambda *given: calls.append(len(given[0])) or original(*given)
    )
    found = gradients(conv(x), conv, x, grad)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    last = x.is_contiguous(memory_format=torch.channels_last)
    taken = last and conv.kernel_size > (3, 3) and conv.stride == (1, 1)
    assert calls == [3] * taken
    monkeypatch.setattr(kernels, "CHUNK", 2 * x[0].numel() + 1)
    found = gradients(conv(x), conv, x, grad)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert calls == [3, 2, 1] * taken


def test_the_kernel_of_a_depthwise_gradient_may_be_oblong():
    torch.manual_seed(0)
    x, grad = torch.randn(2, 2, 4, 6, 9).contiguous()
    conv = Conv2d(4, 4, (3, 7), padding=(1, 3), groups=4)
    expected = gradients(plain(conv, x.requires_grad_()), conv, x, grad)[2]
    found = kernels._correlation(x, grad, (3, 7))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_weight_gradients_lie_as_the_weights_do_so_that_nothing_is_copied_when_they_are_added_up():
    for shape in SHAPES:
        conv, x, grad = both(shape)
        found = gradients(conv(x), conv, x, grad)[2]
        assert found.stride() == conv.weight.stride() or conv.weight.numel() == len(conv.weight)


def test_the_backward_pass_holds_one_tensor_of_the_size_of_the_spikes_at_a_time():
    """First the spikes, fired again for the weight's gradient, then their own gradient, which the
    window turns into that of the potential where it lies."""
    torch.manual_seed(0)
    conv = SpikeConv2d(256, 4, 1, bias=False)
    u = torch.randn(4, 256, 16, 16).contiguous(memory_format=torch.channels_last).requires_grad_()
    output = conv(u)
    grad = torch.randn_like(output)
    torch.autograd.grad(output, [u, conv.weight], grad, retain_graph=True)
    memory = step_memory(lambda: torch.autograd.grad(output, [u, conv.weight], grad) and None)
    assert memory.kept == 0 and u.nbytes < memory.peak < 1.2 * u.nbytes


def test_a_convolution_of_spikes_keeps_its_potential_alone():
    conv, u, _ = both("pointwise", SpikeConv2d, dtype=torch.float32)
    held = {}

    def hold(tensor):
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        conv(u)
    assert held == {u.data_ptr(): u.nbytes, conv.weight.data_ptr(): conv.weight.nbytes}


@pytest.mark.parametrize("kind", [Conv2d, SpikeConv2d])
@pytest.mark.parametrize("shape", SHAPES)
def test_with_and_without_a_graph_the_output_is_the_same_to_the_last_bit(shape, kind):
    """What is computed again must be what was there: the tape forgives less than a grid unit."""
    conv, u, _ = both(shape, kind, dtype=torch.float32)
    with torch.no_grad():
        expected = conv(u)
    assert expected.grad_fn is None and torch.equal(conv(u), expected)


@pytest.mark.parametrize("kind", [Conv2d, SpikeConv2d])
def test_a_second_derivative_is_refused(kind):
    conv, u, _ = both("dense", kind)
    with pytest.raises(RuntimeError, match="create_graph=True asks for a second derivative"):
        torch.autograd.grad(conv(u).sum(), u, create_graph=True)


def test_a_device_without_autocast_computes_shapes():
    conv = SpikeConv2d(6, 9, 3, device="meta")
    assert conv(torch.empty(2, 6, 8, 8, device="meta")).shape == (2, 9, 6, 6)


@pytest.mark.parametrize("kind", [Conv2d, SpikeConv2d])
def test_what_the_kernels_do_not_take_is_left_to_torch(kind):
    conv, x, _ = both("dense", kind, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        output = conv(x)
    assert output.dtype == torch.bfloat16
    found = [output]
    for given in ({"dilation": 2}, {"padding_mode": "circular"}, {"padding": "same", "stride": 1}):
        conv = kind(6, 8, 3, **{"padding": 1} | given)
        torch.testing.assert_close(conv(x), plain(conv, x))
        found.append(conv(x))
    conv = kind(6, 8, 3)
    found.append(conv(x[0]))  # an image without a batch
    torch.testing.assert_close(found[-1], conv(x[:1])[0])
    assert not any(output.grad_fn.name() == "_ConvolutionBackward" for output in found)


def test_an_unknown_surrogate_is_named_with_the_choices():
    with pytest.raises(ValueError, match="surrogate is 'step', expected one of rectangle"):
        SpikeConv2d(1, 1, 1, surrogate="step")


def test_a_potential_at_the_threshold_fires_unless_strict():
    x = torch.full((1, 1, 2, 2), 0.5)
    for strict, fires in (({}, 1.0), ({"strict": False}, 1.0), ({"strict": True}, 0.0)):
        conv = SpikeConv2d(1, 1, 1, bias=False, **strict)
        assert torch.equal(conv(x), conv.weight.detach() * fires * torch.ones_like(x))
