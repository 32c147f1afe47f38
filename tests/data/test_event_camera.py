"""The simulated event camera: what an edge, a still image, a closed loop and noise must give, from
physics and not from the code."""

import numpy as np
import pytest

from trevsnn_lite.data.event_camera import (
    DARK,
    EVENT_DTYPE,
    EventCamera,
    circle,
    moving_view,
    simulate,
    threshold_crossings,
)

IMAGES = (
    (np.random.default_rng(0).random((6, 4, 4)) * 255).astype(np.uint8).repeat(5, 1).repeat(5, 2)
)  # 20 x 20, in blocks
SMALL = EventCamera(sensor=26, threshold=0.3, loops=3, placement=2.0)


def crossings(levels, times, threshold=1.0, reference=0.0):
    """Events of a single pixel with these log intensities: [(t, p)]."""
    events, _ = threshold_crossings(
        np.array(levels, float)[:, None, None, None], np.array(times, float), threshold, reference
    )
    return sorted((int(t), int(p)) for t, p in zip(events["t"], events["p"]))


def test_dtype_is_tonic_s():
    io = pytest.importorskip("tonic.io")
    assert io.events_struct == EVENT_DTYPE


def test_crossings_by_hand():
    # Up 2.5 thresholds in 1,000 us: at 1/2.5 and 2/2.5 of the way. Then down to -0.5: from the
    # reference 2, at 1 and 0, that is 1.5 and 2.5 of 3.
    assert crossings([0, 2.5, -0.5], [0, 1000, 4000]) == [(400, 1), (800, 1), (2500, 0), (3500, 0)]
    assert (
        crossings([0, 0.9, -0.9, 0.9], [0, 1, 2, 3]) == []
    )  # less than a threshold from the reference, both ways
    assert crossings([0, 1.25, 0.1], [0, 1000, 2000]) == [
        (800, 1)
    ]  # hysteresis: back by less than a threshold is no event
    assert crossings([0, 0.5, 0.9], [0, 1000, 2000], reference=-0.4) == [
        (1250, 1)
    ]  # 0.6 away at first; met at 0.6, 1/4 of the second step
    assert crossings([0, 5], [0, 1000], threshold=2.0) == [(400, 1), (800, 1)]


def test_a_brightening_edge_gives_on_events_in_the_direction_of_movement():
    image = np.zeros((1, 20, 20), np.uint8)
    image[..., :10] = 255  # bright on the left; it moves to the right
    positions = np.stack([np.linspace(0, 5, 11), np.zeros(11)], -1)[:, None]
    view = moving_view(image / 255, positions, 30)
    events, _ = threshold_crossings(np.log(DARK + view), np.linspace(0, 10_000, 11), 0.5)
    edge = events[
        (events["y"] > 6) & (events["y"] < 23) & (events["x"] > 12)
    ]  # not the image's own rim
    assert len(edge) and edge["p"].all() and set(edge["x"]) == set(range(15, 20))
    first = [edge["t"][edge["x"] == x].min() for x in range(15, 20)]
    assert np.all(np.diff(first) > 0) and np.allclose(
        np.diff(first), 2000, atol=2
    )  # one pixel in 2,000 us
    back, _ = threshold_crossings(np.log(DARK + view[::-1]), np.linspace(0, 10_000, 11), 0.5)
    assert not back["p"][
        (back["y"] > 6) & (back["y"] < 23) & (back["x"] > 12)
    ].any()  # and OFF on the way back


def test_a_view_moved_by_whole_pixels_is_the_image_moved_and_halfway_is_the_mean():
    image = np.random.default_rng(1).random((1, 6, 6))
    view = moving_view(
        image, np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]], [[0.5, 0.0]]]), 10
    )[:, 0]
    assert np.allclose(view[0, 2:8, 2:8], image[0]) and np.isclose(view[0].sum(), image.sum())
    assert np.allclose(view[1], np.roll(view[0], 1, 1)) and np.allclose(
        view[2], np.roll(view[0], 1, 0)
    )  # x: columns; y: rows
    assert np.allclose(view[3], (view[0] + view[1]) / 2)


def test_a_still_camera_gives_no_events_and_a_lower_threshold_more():
    assert [len(events) for events in simulate(IMAGES, EventCamera(radius=0.0), seed=1)] == [0] * 6
    counts = [
        sum(map(len, simulate(IMAGES, EventCamera(threshold=threshold), seed=1)))
        for threshold in (0.8, 0.4, 0.2, 0.1)
    ]
    assert all(2 * fewer < more for fewer, more in zip(counts, counts[1:]))
    assert counts[3] > 0


def test_each_closed_loop_brings_every_pixel_back():
    """ON minus OFF of a pixel is at most 1 in the first loop, which still forgets the first
    reference, and 0 in every later one."""
    for events in simulate(IMAGES, SMALL, seed=2):
        for loop in range(SMALL.loops):
            here = events[
                (events["t"] > loop * SMALL.loop_time)
                & (events["t"] <= (loop + 1) * SMALL.loop_time)
            ]
            net = np.zeros((SMALL.sensor, SMALL.sensor), int)
            np.add.at(net, (here["y"], here["x"]), np.where(here["p"], 1, -1))
            assert len(here) > 100 and np.abs(net).max() <= (loop == 0)


def test_loops_repeat_to_the_microsecond():
    for events in simulate(IMAGES, SMALL, seed=2):
        second, third = (
            events[(events["t"] > k * SMALL.loop_time) & (events["t"] <= (k + 1) * SMALL.loop_time)]
            for k in (1, 2)
        )
        assert (
            len(second) == len(third)
            and np.abs(third["t"] - second["t"] - SMALL.loop_time).max() <= 1
        )


def test_the_path_is_a_circle_that_starts_where_it_is_told():
    path = circle(
        EventCamera(loop_steps=8, radius=2.0),
        np.array([0.0, np.pi / 2]),
        np.array([[1.0, -1.0], [0.0, 0.0]]),
    )
    assert (
        path.shape == (8, 2, 2)
        and np.allclose(path[0], [[3, -1], [0, 2]])
        and np.allclose(path[4], [[-1, -1], [0, -2]])
    )
    assert np.allclose(np.linalg.norm(path - [[1, -1], [0, 0]], axis=-1), 2)


def test_recordings_are_sorted_inside_the_sensor_and_within_the_time():
    for events in simulate(IMAGES, SMALL, seed=3):
        assert events.dtype == EVENT_DTYPE and np.all(np.diff(events["t"]) >= 0)
        assert events["t"].min() >= 0 and events["t"].max() <= SMALL.loops * SMALL.loop_time
        assert all(events[axis].min() >= 0 and events[axis].max() < SMALL.sensor for axis in "xy")
        assert (
            np.unique(events["t"], return_counts=True)[1].max() < 20
        )  # of 10,000: no instant at which many fire, such as a loop's end


def test_the_same_seed_gives_the_same_bytes_and_alone_is_as_together():
    noisy = EventCamera(noise_rate=5.0)
    together = [events.tobytes() for events in simulate(IMAGES, noisy, seed=(4, 1))]
    assert [events.tobytes() for events in simulate(IMAGES, noisy, seed=(4, 1))] == together
    assert [
        simulate(IMAGES[i : i + 1], noisy, seed=(4, 1), first=i)[0].tobytes() for i in range(6)
    ] == together
    others = [
        [events.tobytes() for events in simulate(IMAGES, noisy, seed=seed)]
        for seed in (4, (4, 0), (5, 1))
    ]
    assert all(one not in together for other in others for one in other)
    same = simulate(np.repeat(IMAGES[:1], 2, 0), noisy)
    assert same[0].tobytes() != same[1].tobytes()  # each recording has its own path


def test_more_than_a_chunk_of_recordings():
    many = simulate(np.repeat(IMAGES, 4, 0), SMALL)
    assert (
        len(many) == 24 and many[23].tobytes() == simulate(IMAGES[5:], SMALL, first=23)[0].tobytes()
    )


def test_noise_comes_at_its_rate_and_everywhere():
    camera = EventCamera(radius=0.0, noise_rate=20.0, loop_time=500_000)
    (events,) = simulate(np.zeros((1, 28, 28), np.uint8), camera, seed=0)
    expected = 20 * 34 * 34 * 1.0
    assert abs(len(events) - expected) < 4 * expected**0.5 and abs(events["p"].mean() - 0.5) < 0.02
    assert len(np.unique(events["y"] * 34 + events["x"])) == 34 * 34


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sensor", 0, "sensor is 0, expected an integer of at least 1"),
        ("loops", 1.5, "loops is 1.5"),
        ("loop_steps", True, "loop_steps is True"),
        ("threshold", 0.0, "threshold is 0.0, expected a finite number above 0"),
        ("radius", -1.0, "radius is -1.0, expected a finite number of at least 0"),
        ("noise_rate", float("inf"), "noise_rate is inf"),
    ],
)
def test_a_bad_camera_gets_one_sentence(field, value, message):
    with pytest.raises(ValueError, match=message):
        EventCamera(**{field: value})


@pytest.mark.parametrize(
    ("images", "seed", "message"),
    [
        (IMAGES / 255, 0, r"images are float64 \[6, 20, 20\], expected uint8 \[N, h, w\]"),
        (IMAGES[0], 0, r"images are uint8 \[20, 20\]"),
        ([1], 0, "images are list"),
        (IMAGES, -1, "seed is -1, expected a whole number"),
        (IMAGES, (1, 0.5), r"seed is \(1, 0.5\)"),
    ],
)
def test_bad_images_and_seeds_get_one_sentence(images, seed, message):
    with pytest.raises(ValueError, match=message):
        simulate(images, SMALL, seed)
