package dev.leasehold.memory.dsl

import dev.leasehold.memory.InvalidSizeException
import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.ViewClosedException
import dev.leasehold.memory.typed.ElementArray
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.asInts
import dev.leasehold.memory.typed.asStructs
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

private object Point : Struct<Point>(alignment = 64) {
    val x = int()
    val y = int()
}

class StructAllocationSpec : FunSpec() {
    private val pool = MemoryPool.isolated("structs in scopes")

    init {
        afterTest { pool.stats().used shouldBe 0 }

        test("structs, arrays and columns of them are the scope's, aligned as they ask") {
            memoryScope(pool) {
                allocate(1).zero()
                val point = allocate(Point)
                point[Point.x] = 1
                point[Point.y] = 2
                point.asSegment().address % 64 shouldBe 0
                val points = allocate(Point, 10)
                points.size shouldBe 10
                points.asSegment().address % 64 shouldBe 0
                points.fill(point)
                points[9, Point.y] shouldBe 2
                val columns = allocateColumns(Point, 10)
                columns.copyFrom(points)
                columns[Point.y].toIntArray() shouldBe IntArray(10) { 2 }
                allocate(Point, 0).size shouldBe 0
            }
        }

        test("several arrays are allocated in one call") {
            memoryScope(pool) {
                val (numbers, points) = allocateArrays(ElementArray(ElementType.INT, 3), ElementArray(Point, 2))
                numbers.asInts().size shouldBe 3
                points.asStructs(Point).size shouldBe 2
                points.address % 64 shouldBe 0
                points.address - numbers.address shouldBe 64
            }
        }

        test("views that leave the scope refuse") {
            val (point, points) = memoryScope(pool) { allocate(Point) to allocate(Point, 2) }
            shouldThrow<ViewClosedException> { point[Point.x] }
            shouldThrow<ViewClosedException> { points[1, Point.x] = 1 }
        }

        test("counts that no pool has room for are refused with a size") {
            memoryScope(pool) {
                shouldThrow<InvalidSizeException> { allocate(Point, -1) }.size shouldBe -64
                shouldThrow<InvalidSizeException> { allocate(Point, Long.MAX_VALUE) }.size shouldBe Long.MAX_VALUE
                shouldThrow<InvalidSizeException> { allocateColumns(Point, Long.MAX_VALUE / 32) }
            }
        }
    }
}
