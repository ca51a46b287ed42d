@file:JvmSynthetic

package dev.leasehold.memory.dsl

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.ArrayLayout
import dev.leasehold.memory.typed.ElementArray
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.StructColumns
import dev.leasehold.memory.typed.StructView
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asStruct
import dev.leasehold.memory.typed.asStructs

// Structs in freshly allocated memory, at the address that their layout asks for: MemoryScope.allocate says whose it
// is, that it is not zeroed, and what it throws.

/** Allocates one struct of [type]. */
public fun <S : Struct<S>> MemoryScope.allocate(type: ElementType<S>): StructView<S> =
    allocate(type.byteSize, type.alignment).asStruct(type)

/** Allocates [count] structs of [type], one behind the other. */
public fun <S : Struct<S>> MemoryScope.allocate(type: ElementType<S>, count: Long): StructArray<S> =
    allocate(sizeOf(count, type.byteSize.toInt()), type.alignment).asStructs(type)

/** Allocates [count] structs of [type], a column for each field. */
public fun <S : Struct<S>> MemoryScope.allocateColumns(type: S, count: Long): StructColumns<S> =
    allocate(sizeOf(count, type.byteSize.toInt()), type.alignment).asColumns(type)

/**
 * Allocates several typed arrays in one piece, each aligned as its elements need: `val (numbers, ships) =
 * allocateArrays(ElementArray(ElementType.INT, 100), ElementArray(Ship, 5))`.
 *
 * @throws dev.leasehold.memory.InvalidSizeException when they have more bytes than the pool can ever hold
 */
public fun MemoryScope.allocateArrays(vararg arrays: ElementArray): List<Segment> {
    val layout = ArrayLayout.of(*arrays)
    return layout.split(allocate(layout.byteSize, layout.alignment))
}
