"""Products edge by edge against dense ones, and how the code for them reads what XLA hands over."""

import ctypes
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from premotor.networks import Product, edge_code

SIZE, EDGES, LOOPS, STEPS = 40, 150, 8, 4


def edges_of(seed: int = 0) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Random edges, some of them twice; the last ones lead from a neuron to itself."""
    rng = np.random.default_rng(seed)
    pre, post = rng.integers(0, SIZE, (2, EDGES))
    pre[:10], post[:10] = pre[10:20], post[10:20]
    pre[-LOOPS:] = post[-LOOPS:]
    return (
        jnp.asarray(pre, jnp.int32),
        jnp.asarray(post, jnp.int32),
        jnp.asarray(0.3 * rng.normal(size=EDGES), jnp.float32),
    )


@pytest.mark.parametrize("layout", ["auto", "sparse"])
@pytest.mark.parametrize("columns", [1, 15, 16, 17, 48])
def test_values_and_gradients_along_steps_are_those_of_the_dense_product(columns: int, layout: str) -> None:
    pre, post, weight = edges_of()
    rates = jnp.asarray(np.random.default_rng(1).uniform(size=(SIZE, columns)), jnp.float32)

    def last(weight: jax.Array, rates: jax.Array, quick: bool) -> tuple[jax.Array, jax.Array]:
        product = Product.prepare(pre, post, weight, SIZE, layout if quick else "dense", loops=LOOPS)  # type: ignore[arg-type]
        product = product.by_edges() if quick else product
        assert (product.own is not None) == quick
        end, _ = jax.lax.scan(lambda x, _: (jnp.tanh(product(x)), None), rates, None, STEPS)
        return (end**2).sum(), end

    gradient = jax.jit(jax.grad(last, argnums=(0, 1), has_aux=True), static_argnums=2)
    plain, end = gradient(weight, rates, False)
    found, same = gradient(weight, rates, True)
    np.testing.assert_allclose(end, same, rtol=1e-5, atol=1e-6)
    assert all(float(jnp.abs(part).max()) > 1e-3 for part in plain)
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * float(jnp.abs(one).max()))


def test_a_column_has_the_same_bits_among_however_many() -> None:
    pre, post, weight = edges_of()
    rates = jnp.asarray(np.random.default_rng(1).uniform(size=(SIZE, 48)), jnp.float32)
    product = jax.jit(lambda rates: Product.prepare(pre, post, weight, SIZE, loops=LOOPS).by_edges()(rates))
    whole = product(rates)
    for few in (1, 7, 16, 33):
        np.testing.assert_array_equal(product(rates[:, :few]), whole[:, :few])


def test_products_that_would_not_be_quicker_stay_as_they_are() -> None:
    pre, post, weight = edges_of()
    some = (pre, post, weight, SIZE)
    for product in (
        Product.prepare(*some, layout="dense"),
        Product.prepare(pre % 6, post % 6, weight, 6),
        Product.prepare(pre, post, weight.astype(jnp.float16), SIZE),
    ):
        assert product.by_edges() is product
    assert Product.prepare(*some).by_edges().weight is not None


def test_without_code_products_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    product = Product.prepare(*edges_of(), SIZE)
    monkeypatch.setattr(edge_code, "registered", lambda: False)
    assert product.by_edges() is product
    monkeypatch.undo()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert product.by_edges() is product


def test_an_unknown_interface_is_told_and_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("API version 0.9")

    monkeypatch.setattr(jax.ffi, "register_ffi_target", refuse)
    with pytest.warns(UserWarning, match=r"stay dense.*0\.9"):
        assert edge_code._registered.__wrapped__() is False


@pytest.mark.parametrize(("version", "known"), [((0, 0), True), ((0, 5), True), ((0, 6), False), ((1, 0), False)])
def test_only_known_versions_of_the_interface_are_answered(version: tuple[int, int], known: bool) -> None:
    call = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    interface, metadata, question = (ctypes.c_int64 * 8)(), (ctypes.c_int64 * 8)(), (ctypes.c_int64 * 4)()
    interface[4] = version[0] | version[1] << 32
    metadata[3] = -1
    question[3] = ctypes.addressof(metadata)
    frame = (ctypes.c_int64 * 22)()
    frame[1], frame[2] = ctypes.addressof(question), ctypes.addressof(interface)
    for name in (edge_code.PRODUCT, edge_code.SLOPES):
        assert call(edge_code.engine().get_function_address(name))(ctypes.addressof(frame)) == 0
        assert metadata[3] == (interface[4] if known else -1)
        metadata[3] = -1


def test_the_installed_interface_is_a_known_one() -> None:
    (header,) = Path(jax.ffi.include_dir()).rglob("ffi/api/c_api.h")
    major, minor = (int(re.search(rf"define XLA_FFI_API_{x} (\d+)", header.read_text())[1]) for x in ("MAJOR", "MINOR"))  # type: ignore[index]
    assert (major, minor) <= (0, edge_code.NEWEST), (
        "look at the places in edge_code.py, and write the newer version there"
    )
    assert edge_code.registered()
