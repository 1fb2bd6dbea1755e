"""A product prepared for gradients against the plain one."""

import jax
import jax.numpy as jnp
import numpy as np

from premotor.networks import Product

SIZE, EDGES, STEPS = 12, 50, 4


def test_values_are_the_same_and_gradients_along_steps_too() -> None:
    rng = np.random.default_rng(0)
    pre, post = (jnp.asarray(rng.integers(0, SIZE, EDGES), jnp.int32) for _ in range(2))
    weight = jnp.asarray(rng.normal(size=EDGES), jnp.float32)
    rates = jnp.asarray(rng.uniform(size=(SIZE, 3)), jnp.float32)

    def last(weight: jax.Array, rates: jax.Array, prepared: bool) -> tuple[jax.Array, jax.Array]:
        product = Product.prepare(pre, post, weight, SIZE)
        product = product.for_gradients() if prepared else product
        end, _ = jax.lax.scan(lambda x, _: (jnp.tanh(product(x)), None), rates, None, STEPS)
        return (end**2).sum(), end

    gradient = jax.jit(jax.grad(last, argnums=(0, 1), has_aux=True), static_argnums=2)
    plain, end = gradient(weight, rates, False)
    found, same = gradient(weight, rates, True)
    np.testing.assert_array_equal(end, same)
    assert all(float(jnp.abs(part).max()) > 1e-3 for part in plain)
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_sparse_product_stays_as_it_is() -> None:
    product = Product.prepare(jnp.array([0, 1]), jnp.array([1, 0]), jnp.ones(2), 2, layout="sparse")
    assert product.for_gradients() is product
