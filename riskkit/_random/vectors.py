"""Vectors of doubles, of 64-bit words and of truth values, as values in compiled functions.

A loop over numbers becomes vector code only where LLVM finds out that it may, and then one operation at a time. With a
vector as a value, the code says what is done side by side: branches on whole vectors, sums that stay in registers. LLVM
splits a vector into the registers that the processor has, so that the bits do not depend on it. Operators work as on
numbers, also between a vector and a number, and the functions here take numbers too: one function serves both.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

from riskkit._random.compiling import target_features

__all__ = [
    "HAS_TABLES",
    "WIDTH",
    "any_of",
    "as_doubles",
    "as_words",
    "choose",
    "fma",
    "load",
    "one_of_sixteen",
    "repeat",
    "sqrt",
    "store",
]

#: Whether the processor finds one of sixteen numbers by one instruction, for eight lanes at once.
HAS_TABLES = "+avx512f" in target_features().split(",")

#: Lanes of a vector: those of two registers, because the operations of one wait for each other.
WIDTH = 16 if HAS_TABLES else 8

DOUBLE, WORD, BIT, INDEX = ir.DoubleType(), ir.IntType(64), ir.IntType(1), ir.IntType(32)


class Vector(types.Type):  # type: ignore[misc]  # Numba has no types
    """A vector of one scalar type."""

    def __init__(self, scalar: Any) -> None:
        self.scalar = scalar
        super().__init__(f"vector of {scalar}")


DOUBLES, WORDS, BITS = Vector(types.float64), Vector(types.uint64), Vector(types.boolean)
LAYOUT = {vector: ir.VectorType(bits, WIDTH) for vector, bits in ((DOUBLES, DOUBLE), (WORDS, WORD), (BITS, BIT))}


@register_model(Vector)
class VectorModel(models.PrimitiveModel):  # type: ignore[misc]  # Numba has no types
    """A vector is LLVM's vector."""

    def __init__(self, manager: Any, vector: Vector) -> None:
        super().__init__(manager, vector, LAYOUT[vector])


def _vector_of(types_: Any) -> Any:
    """The type of the first vector among some types; None without one."""
    return next((each for each in types_ if isinstance(each, Vector)), None)


def _repeated(builder: Any, value: Any, vector: Vector) -> Any:
    layout = LAYOUT[vector]
    one = builder.insert_element(ir.Constant(layout, ir.Undefined), value, ir.Constant(INDEX, 0))
    return builder.shuffle_vector(
        one, ir.Constant(layout, ir.Undefined), ir.Constant(ir.VectorType(INDEX, WIDTH), [0] * WIDTH)
    )


def _converted(context: Any, builder: Any, value: Any, passed: Any, vector: Vector) -> Any:
    """A vector as it is, or a number on every lane."""
    if isinstance(passed, Vector):
        return value
    return _repeated(builder, context.cast(builder, value, passed, vector.scalar), vector)


ARITHMETIC = {
    DOUBLES: {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"},
    WORDS: {
        operator.add: "add", operator.sub: "sub", operator.xor: "xor", operator.and_: "and_", operator.or_: "or_",
        operator.lshift: "shl", operator.rshift: "lshr",
    },
    BITS: {operator.and_: "and_", operator.or_: "or_", operator.xor: "xor"},
}  # fmt: skip
COMPARISONS = {
    operator.lt: "<", operator.gt: ">", operator.le: "<=", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
IN_PLACE = {
    operator.add: operator.iadd, operator.sub: operator.isub, operator.mul: operator.imul, operator.xor: operator.ixor,
    operator.or_: operator.ior, operator.and_: operator.iand,
}  # fmt: skip


def _define(symbol: Any, operation: Any) -> None:
    """Define an operator on vectors, and between a vector and a number."""

    @type_callable(symbol)
    def result(context: Any) -> Any:
        def of(one: Any, other: Any) -> Any:
            vector = _vector_of((one, other))
            if vector is None or {type(each) for each in (one, other) if each != vector} & {Vector, types.Array}:
                return None
            if operation in COMPARISONS:
                return BITS
            return vector if operation in ARITHMETIC[vector] else None

        return of

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _vector_of(signature.args)
        one, other = (
            _converted(context, builder, value, passed, vector)
            for value, passed in zip(arguments, signature.args, strict=True)
        )
        if operation not in COMPARISONS:
            return getattr(builder, ARITHMETIC[vector][operation])(one, other)
        if vector == DOUBLES:
            compare = builder.fcmp_unordered if operation is operator.ne else builder.fcmp_ordered
            return compare(COMPARISONS[operation], one, other)
        return builder.icmp_unsigned(COMPARISONS[operation], one, other)

    for pair in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(symbol, *pair)(generate)


for _operation in {*COMPARISONS, *(each for operations in ARITHMETIC.values() for each in operations)}:
    _define(_operation, _operation)
for _operation, _symbol in IN_PLACE.items():
    _define(_symbol, _operation)


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """Call one of LLVM's intrinsic functions."""
    module = builder.module
    function = module.globals.get(name)
    if function is None:
        function = ir.Function(module, ir.FunctionType(result, [each.type for each in arguments]), name)
    return builder.call(function, arguments)


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a*b + c with one rounding."""
    vector = _vector_of((a, b, c))
    if vector is None:
        double = types.float64
        return double(double, double, double), lambda context, builder, signature, each: builder.fma(*each)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        each = [_converted(context, builder, *pair, vector) for pair in zip(arguments, signature.args, strict=True)]
        return _call(builder, f"llvm.fma.v{WIDTH}f64", LAYOUT[DOUBLES], *each)

    return vector(a, b, c), generate


@intrinsic
def sqrt(typingctx: Any, x: Any) -> Any:
    """Return the square root."""
    name = f"llvm.sqrt.v{WIDTH}f64" if x == DOUBLES else "llvm.sqrt.f64"
    return x(x), lambda context, builder, signature, each: _call(builder, name, each[0].type, each[0])


@intrinsic
def choose(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    """Return a where the condition holds, else b."""
    vector = _vector_of((a, b)) or (DOUBLES if condition == BITS else None)
    if vector is None:
        number = types.uint64 if a == types.uint64 else types.float64
        return number(types.boolean, number, number), lambda context, builder, signature, each: builder.select(*each)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        one, other = (_converted(context, builder, arguments[k], signature.args[k], vector) for k in (1, 2))
        return builder.select(arguments[0], one, other)

    return vector(condition, a, b), generate


@intrinsic
def any_of(typingctx: Any, condition: Any) -> Any:
    """Whether a condition holds on some lane."""
    if condition != BITS:
        return types.boolean(types.boolean), lambda context, builder, signature, each: each[0]
    whole = ir.IntType(WIDTH)
    return types.boolean(BITS), lambda context, builder, signature, each: builder.icmp_unsigned(
        "!=", builder.bitcast(each[0], whole), ir.Constant(whole, 0)
    )


@intrinsic
def as_doubles(typingctx: Any, bits: Any) -> Any:
    """Read 64 bits as a double."""
    result, layout = (DOUBLES, LAYOUT[DOUBLES]) if bits == WORDS else (types.float64, DOUBLE)
    passed = WORDS if bits == WORDS else types.uint64
    return result(passed), lambda context, builder, signature, each: builder.bitcast(each[0], layout)


@intrinsic
def as_words(typingctx: Any, value: Any) -> Any:
    """Read a double as 64 bits."""
    result, layout = (WORDS, LAYOUT[WORDS]) if value == DOUBLES else (types.uint64, WORD)
    passed = DOUBLES if value == DOUBLES else types.float64
    return result(passed), lambda context, builder, signature, each: builder.bitcast(each[0], layout)


@intrinsic
def repeat(typingctx: Any, value: Any) -> Any:
    """A vector with the same double on every lane."""
    return DOUBLES(types.float64), lambda context, builder, signature, each: _repeated(builder, each[0], DOUBLES)


def _place(context: Any, builder: Any, array: Any, place: Any, vector: Vector) -> Any:
    """A pointer to a vector; its place is the data of a contiguous array and a flat offset."""
    data, offset = place
    start = context.make_array(array)(context, builder, data).data
    return builder.bitcast(builder.gep(start, [offset]), LAYOUT[vector].as_pointer())


@intrinsic
def load(typingctx: Any, array: Any, offset: Any) -> Any:
    """Return the vector at a flat offset of a contiguous array of doubles or 64-bit words."""
    vector = WORDS if array.dtype == types.uint64 else DOUBLES

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, array, arguments, vector), align=8)

    return vector(array, types.intp), generate


@intrinsic
def store(typingctx: Any, array: Any, offset: Any, value: Any) -> Any:
    """Write a vector to a flat offset of a contiguous array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _place(context, builder, array, arguments[:2], value), align=8)
        return context.get_dummy_value()

    return types.none(array, types.intp, value), generate


@intrinsic
def one_of_sixteen(typingctx: Any, table: Any, index: Any) -> Any:
    """Return, on every lane, the entry of a table of sixteen doubles that the last four bits of a word name."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(table)(context, builder, arguments[0]).data
        if index != WORDS:
            return builder.load(builder.gep(data, [builder.and_(arguments[1], ir.Constant(WORD, 15))]))
        if HAS_TABLES:
            return _permuted(builder, data, arguments[1])
        found = ir.Constant(LAYOUT[DOUBLES], ir.Undefined)
        for lane in range(WIDTH):
            word = builder.extract_element(arguments[1], ir.Constant(INDEX, lane))
            entry = builder.load(builder.gep(data, [builder.and_(word, ir.Constant(WORD, 15))]))
            found = builder.insert_element(found, entry, ir.Constant(INDEX, lane))
        return found

    return (DOUBLES if index == WORDS else types.float64)(table, index), generate


def _permuted(builder: Any, data: Any, index: Any) -> Any:
    """Eight entries of a table of sixteen by one instruction, for each eight lanes."""
    eight, lanes = ir.VectorType(DOUBLE, 8), ir.VectorType(WORD, 8)
    low, high = (
        builder.load(builder.bitcast(builder.gep(data, [ir.Constant(WORD, first)]), eight.as_pointer()), align=8)
        for first in (0, 8)
    )

    def part(first: int) -> Any:
        places = ir.Constant(ir.VectorType(INDEX, 8), list(range(first, first + 8)))
        words = builder.shuffle_vector(index, ir.Constant(LAYOUT[WORDS], ir.Undefined), places)
        return _call(builder, "llvm.x86.avx512.vpermi2var.pd.512", eight, low, builder.bitcast(words, lanes), high)

    both = ir.Constant(ir.VectorType(INDEX, WIDTH), list(range(WIDTH)))
    return builder.shuffle_vector(part(0), part(8), both)
