"""The convolution's own backward pass against torch's, its plain twin, in every branch and format;
twice differentiable; what it leaves to torch."""

import pytest
import torch

from trevsnn_lite import convolution
from trevsnn_lite.convolution import Conv2d
from trevsnn_lite.meters.memory import step_memory
from trevsnn_lite.spikes import spike

SHAPES = {  # in, out, kernel, stride, groups, size
    "pointwise": (6, 9, 1, 1, 1, 7), "pointwise, many pixels": (6, 9, 1, 1, 1, 19), "pointwise, stride 2": (6, 9, 1, 2, 1, 8), "depthwise, small image": (6, 6, 5, 1, 6, 4), "depthwise, 1 pixel": (6, 6, 5, 1, 6, 1),
    "depthwise, larger image": (6, 6, 5, 1, 6, 9), "depthwise, wide kernel": (6, 6, 7, 1, 6, 2), "depthwise, 3x3": (6, 6, 3, 1, 6, 5), "depthwise, stride 2": (6, 6, 3, 2, 6, 4), "dense": (6, 8, 3, 2, 1, 8), "groups": (6, 9, 3, 1, 3, 4),
}  # fmt: skip


def both(shape, memory_format=torch.channels_last, bias=True, dtype=torch.float64):
    """(convolution, input, gradient of the output) for one of SHAPES."""
    inputs, outputs, kernel, stride, groups, size = SHAPES[shape]
    torch.manual_seed(0)
    conv = Conv2d(
        inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=bias, dtype=dtype
    )
    x = (
        torch.randn(3, inputs, size, size, dtype=dtype)
        .contiguous(memory_format=memory_format)
        .requires_grad_()
    )
    return conv, x, torch.randn_like(conv(x))


def gradients(conv, x, grad, plain, wanted=None):
    conv.plain = plain
    output = conv(x)
    return [output, *torch.autograd.grad(output, wanted or [x, *conv.parameters()], grad)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("shape", SHAPES)
def test_output_and_gradients_are_torch_s(shape, memory_format, bias):
    conv, x, grad = both(shape, memory_format, bias)
    for found, expected in zip(gradients(conv, x, grad, False), gradients(conv, x, grad, True)):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", ["pointwise", "depthwise, small image", "dense"])
def test_a_gradient_that_does_not_lie_as_the_input_does_changes_nothing(shape):
    conv, x, grad = both(shape)
    expected = gradients(conv, x, grad, True)
    for other in (grad.contiguous(), grad.transpose(2, 3).contiguous().transpose(2, 3)):
        torch.testing.assert_close(
            gradients(conv, x, other, False), expected, rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize(
    "shape", ["pointwise", "depthwise, small image", "depthwise, larger image"]
)
def test_only_what_is_asked_for(shape):
    conv, x, grad = both(shape)
    expected = gradients(conv, x, grad, True)
    for index, wanted in enumerate((x, conv.weight, conv.bias), start=1):
        torch.testing.assert_close(
            gradients(conv, x, grad, False, [wanted])[1], expected[index], rtol=1e-12, atol=1e-12
        )
    conv.weight.requires_grad_(False)
    torch.testing.assert_close(
        gradients(conv, x, grad, False, [x])[1], expected[1], rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("shape", ["pointwise", "depthwise, small image", "dense"])
def test_it_can_be_differentiated_twice(shape):
    conv, x, _ = both(shape)
    assert torch.autograd.gradgradcheck(conv, (x.detach()[:1].requires_grad_(),), atol=1e-6)


def test_weight_gradients_lie_as_the_weights_do_so_that_nothing_is_copied_when_they_are_added_up():
    for shape in SHAPES:
        conv, x, grad = both(shape)
        assert gradients(conv, x, grad, False)[
            2
        ].stride() == conv.weight.stride() or conv.weight.numel() == len(conv.weight)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_scale_of_the_output_is_one_of_the_weights(shape, bias):
    conv, x, grad = both(shape, bias=bias)
    scale = torch.linspace(-2.0, 2.0, conv.out_channels, dtype=torch.float64).view(
        -1, 1, 1
    )  # with a channel of scale 0 where they are odd
    scale.requires_grad_()
    tensors = [x, scale, *conv.parameters()]
    found, expected = (
        [output, *torch.autograd.grad(output, tensors, grad)]
        for output in (conv(x, scale), scale * conv(x))
    )
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


DEPTHWISE = [shape for shape in SHAPES if shape.startswith("depthwise")]


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("shape", DEPTHWISE)
def test_depthwise_gradients_in_float32_whole_and_in_parts(shape, memory_format, monkeypatch):
    """Where it was measured to be faster, by a convolution with the output's gradient as its
    kernel; elsewhere by torch's."""
    conv, x, grad = both(shape, memory_format, dtype=torch.float32)
    expected = gradients(conv, x, grad, True)
    calls, plain = [], convolution._correlation
    monkeypatch.setattr(
        convolution, "_correlation", lambda *given: calls.append(len(given[0])) or plain(*given)
    )
    torch.testing.assert_close(gradients(conv, x, grad, False), expected, rtol=1e-5, atol=1e-5)
    taken = (
        x.is_contiguous(memory_format=torch.channels_last)
        and conv.kernel_size > (3, 3)
        and conv.stride == (1, 1)
    )
    assert calls == [3] * taken
    monkeypatch.setattr(convolution, "CHUNK", 2 * x[0].numel() + 1)
    torch.testing.assert_close(gradients(conv, x, grad, False), expected, rtol=1e-5, atol=1e-5)
    assert calls == [3, 2, 1] * taken


def test_the_kernel_of_a_depthwise_gradient_may_be_oblong():
    torch.manual_seed(0)
    x, grad = (
        torch.randn(2, 4, 6, 9).contiguous(memory_format=torch.channels_last) for _ in range(2)
    )
    conv = Conv2d(4, 4, (3, 7), padding=(1, 3), groups=4)
    torch.testing.assert_close(
        convolution._correlation(x, grad, (3, 7)),
        gradients(conv, x.requires_grad_(), grad, True)[2],
        rtol=1e-5,
        atol=1e-5,
    )


def test_a_depthwise_gradient_in_float32_can_be_differentiated_again():
    conv, x, grad = both("depthwise, larger image", dtype=torch.float32)
    grad.requires_grad_()

    def second(plain: bool) -> list[torch.Tensor]:
        conv.plain = plain
        (first,) = torch.autograd.grad(conv(x), conv.weight, grad, create_graph=True)
        return list(torch.autograd.grad((first**2).sum(), [x, grad]))

    torch.testing.assert_close(second(False), second(True), rtol=1e-4, atol=1e-3)


def test_the_backward_pass_holds_one_tensor_of_the_size_of_the_spikes_at_a_time():
    """First the spikes, fired again for the weight's gradient, then their own gradient, which the
    window turns into that of the potential where it lies."""
    torch.manual_seed(0)
    conv = Conv2d(256, 4, 1, bias=False)
    u = torch.randn(4, 256, 16, 16).contiguous(memory_format=torch.channels_last).requires_grad_()
    output = conv(spike(u, remember=True))
    grad = torch.randn_like(output)
    torch.autograd.grad(output, [u, conv.weight], grad, retain_graph=True)
    memory = step_memory(
        lambda: torch.autograd.grad(output, [u, conv.weight], grad) and None
    )  # which lets go of the gradients: all counts as peak
    assert memory.kept == 0 and u.nbytes < memory.peak < 1.2 * u.nbytes


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("surrogate", ["rectangle", "arctan"])
@pytest.mark.parametrize("shape", SHAPES)
def test_spikes_that_remember_are_fired_again_with_the_same_gradients(
    shape, surrogate, memory_format
):
    conv, u, grad = both(shape, memory_format)
    found, expected = (
        torch.autograd.grad(conv(spike(u, 0.5, surrogate, remember)), [u, *conv.parameters()], grad)
        for remember in (True, False)
    )
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    assert max(g.abs().max() for g in found) > 0


@pytest.mark.parametrize("shape", ["pointwise", "depthwise, small image", "dense"])
def test_spikes_that_remember_cost_four_bytes_a_neuron(shape):
    """The potential, which the spike and the convolution share; without it the spikes and a window
    byte each, five."""
    conv, u, _ = both(shape, dtype=torch.float32)

    def kept(remember: bool) -> int:
        held = {}
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: (
                held.update({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes()}) or t
            ),
            lambda t: t,
        ):
            conv(spike(u, remember=remember))
        return sum(held.values()) - conv.weight.nbytes

    assert (kept(True), kept(False)) == (4 * u.numel(), 5 * u.numel())


@pytest.mark.parametrize("shape", ["pointwise", "depthwise, small image", "dense"])
def test_remembered_spikes_can_be_differentiated_twice(shape):
    """d/dW of the gradient of u: by the plain twin, whose graph is torch's own."""
    conv, u, grad = both(shape)

    def second(plain: bool) -> torch.Tensor:
        conv.plain = plain
        (first,) = torch.autograd.grad(
            conv(spike(u, 0.5, "arctan", remember=not plain)), u, grad, create_graph=True
        )
        return torch.autograd.grad((first**2).sum(), conv.weight)[0]

    torch.testing.assert_close(second(False), second(True), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_with_and_without_a_graph_the_output_is_the_same_to_the_last_bit(shape):
    """What is rebuilt must be what was there: the tape forgives less than one grid unit."""
    conv, u, _ = both(shape, dtype=torch.float32)
    with torch.no_grad():
        expected = conv(u), conv(spike(u))
    assert torch.equal(conv(u), expected[0])
    for remember in (True, False):
        assert torch.equal(conv(spike(u, remember=remember)), expected[1])


def test_a_device_without_autocast_computes_shapes():
    conv = Conv2d(6, 9, 3, device="meta")
    assert conv(spike(torch.empty(2, 6, 8, 8, device="meta"))).shape == (2, 9, 6, 6)


def test_autocast_and_inference_are_left_to_torch():
    conv, x, _ = both("dense", dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        output = conv(x)
    assert (
        output.dtype == torch.bfloat16 and type(output.grad_fn).__name__ == "ConvolutionBackward0"
    )
    assert type(conv(x).grad_fn).__name__ == "_ConvolutionBackward"
    with torch.no_grad():
        assert conv(x).grad_fn is None
