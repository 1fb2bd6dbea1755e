"""Numbers and arrays that the host makes are those that JAX makes of its own accord."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.host_random import folded, folded_rows, key_of, key_rows, normal, orthogonal, permutation, split, uniform
from premotor.on_device import on_device


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**31 - 1, 2**32 - 1, 2**40 + 7, -1])
@pytest.mark.parametrize("double", [False, True])
def test_a_key_of_a_seed_is_that_of_jax(seed, double):
    with jax.enable_x64(double):
        assert np.array_equal(key_of(seed), jax.random.PRNGKey(seed))


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**32 - 1])
def test_a_folded_key_is_that_of_jax(number):
    key = jax.random.PRNGKey(3)
    assert np.array_equal(folded(key, number), jax.random.fold_in(key, number))
    assert np.array_equal(folded_rows(key, np.array([5, number]))[1], jax.random.fold_in(key, number))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_split_keys_are_those_of_jax(count):
    key = key_of(4)
    assert np.array_equal(split(key, count), jax.random.split(key, count))
    assert np.array_equal(key_rows(key, count), jax.random.split(key, count))


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (0, 2)])
def test_uniform_numbers_are_those_of_jax(shape):
    key = key_of(5)
    assert np.array_equal(uniform(key, shape, -1, 2), jax.random.uniform(key, shape, minval=-1, maxval=2))


def test_normal_deviates_are_those_of_jax_up_to_rounding():
    key = key_of(6)
    made, usual = normal(key, (300, 300)), np.asarray(jax.random.normal(key, (300, 300)))
    assert made.dtype == np.float32
    assert np.abs(usual).max() > 4  # the tails are among them
    np.testing.assert_allclose(made, usual, rtol=5e-7)


def test_rows_of_keys_draw_as_each_of_them():
    keys = key_rows(key_of(10), 3)
    assert np.array_equal(normal(keys, (4,)), [normal(key, (4,)) for key in keys])
    assert np.array_equal(uniform(keys, (2, 2)), [uniform(key, (2, 2)) for key in keys])
    assert np.array_equal(key_rows(keys, 4), [key_rows(key, 4) for key in keys])


@pytest.mark.parametrize("count", [1, 2, 128, 3000])
def test_permutations_are_those_of_jax(count):
    keys = key_rows(key_of(11), 2)
    for key, order in zip(keys, permutation(keys, count), strict=True):
        assert np.array_equal(order, jax.random.permutation(key, count))
        assert np.array_equal(order[:2], jax.random.choice(key, count, (min(2, count),), replace=False))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 6), (0, 3)])
def test_orthogonal_matrices_are_those_of_jax_up_to_rounding(shape):
    key = key_of(7)
    made, usual = orthogonal(key, shape, 1.5), jax.nn.initializers.orthogonal(1.5)(key, shape)
    np.testing.assert_allclose(made, usual, atol=2e-6)


def test_in_a_traced_function_and_with_another_generator_jax_itself_is_asked():
    key = key_of(8)
    assert np.array_equal(jax.jit(lambda one: normal(split(one)[1], (3,)))(key), jax.random.normal(split(key)[1], (3,)))
    with jax.default_prng_impl("rbg"):
        assert np.array_equal(key_of(9), jax.random.PRNGKey(9))
        assert np.array_equal(normal(folded(key_of(9), 1), (3,)), jax.random.normal(folded(key_of(9), 1), (3,)))
        assert normal(key_rows(key_of(9), 2), (3,)).shape == (2, 3)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [(np.linspace(0, 1, 7), np.float32), ([1, 2, 3], None), (1e-4, None), (np.ones(3, bool), None), (7, np.int32)],
)
def test_an_array_on_the_device_is_that_of_jax(values, dtype):
    made, usual = on_device(values, dtype), jnp.array(values, dtype)
    assert isinstance(made, jax.Array)
    assert made.dtype == usual.dtype
    assert not made.weak_type
    assert np.array_equal(made, usual)


def test_an_array_on_the_device_is_a_copy():
    values = np.zeros(4096, np.float32)  # so large and aligned that JAX might keep to it
    made = on_device(values)
    values[:] = 1
    assert not np.asarray(made).any()


def test_where_double_precision_is_on_it_is_kept():
    with jax.enable_x64(True):
        assert on_device(np.ones(2)).dtype == np.float64
