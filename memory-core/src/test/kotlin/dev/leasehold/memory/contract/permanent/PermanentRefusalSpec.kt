package dev.leasehold.memory.contract.permanent

import dev.leasehold.memory.BudgetExceededException
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.permanent.BufferList
import dev.leasehold.memory.internal.permanent.PermanentMessages
import dev.leasehold.memory.internal.permanent.PrivateBuffers
import dev.leasehold.memory.internal.permanent.SpaceCharge
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressRangeExhaustedException
import dev.leasehold.memory.permanent.AddressSpace
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.support.freshRange
import dev.leasehold.memory.support.onThread
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldMatch

/** What stops a request for a buffer: the system, or a budget. */
class PermanentRefusalSpec : FunSpec() {
    init {
        context("a system that refuses") {
            test("what is free is asked for, and the refusal says that the system gave none of it") {
                val poor = object : SystemSpace by Platform.current.space {
                    override fun place(address: Long, bytes: Long): Long = 0

                    override fun refusalAt(address: Long, bytes: Long): Int = 12
                }
                val charge = SpaceCharge("test", PermanentMemory.budget)
                val list = BufferList(poor, PrivateBuffers(poor), { charge }, ::PermanentMemory)
                val used = PermanentMemory.budget.used
                val range = freshRange(4096)
                fun refusal(first: Long, last: Long): String = shouldThrow<IllegalStateException> {
                    list.obtain(100, first, last, 1) { placement ->
                        error(PermanentMessages.exhausted(placement, poor, 100, first, last).message)
                    }
                }.message.shouldNotBeNull()
                refusal(0, -1) shouldBe
                    "permanent memory: the system refused 100 bytes at any address (error 12): try " +
                    "again, or request less"
                refusal(range.first, range.last) shouldMatch Regex(
                    "permanent memory: the system refused 100 bytes at any of 2 places in " +
                        "0x[0-9a-f]+\\.\\.0x[0-9a-f]+ \\(error 12\\): try again, or request less",
                )
                PermanentMemory.budget.used shouldBe used
            }

            test("a listener of a soft limit may obtain itself, and wait for others that do") {
                var inside = 0L
                val budget = PermanentMemory.budget
                budget.onSoftLimit(budget.used + 1) { _, _ ->
                    onThread("another") { inside = PermanentMemory.obtain(2.MiB, freshRange(4.MiB)).size }
                }.use { PermanentMemory.obtain(3.MiB, freshRange(8.MiB)) }
                inside shouldBe 2.MiB
            }
        }

        context("the budget") {
            test("what is made is charged, whole, and a limit refuses more before anything is mapped") {
                val budget = PermanentMemory.budget
                val before = budget.used
                val memory = PermanentMemory.obtain(10.MiB, freshRange(16.MiB))
                budget.used shouldBe before + memory.size
                budget.toTree() shouldContain "permanent"
                budget.limit = budget.used
                try {
                    val range = freshRange()
                    val used = budget.used
                    shouldThrow<BudgetExceededException> { PermanentMemory.obtain(1.MiB, range) }.message shouldMatch
                        Regex(
                            "app › permanent: .* of .* used, 1 MiB requested for 1,048,576 bytes of " +
                                "permanent memory: raise the limit of 'app › permanent'",
                        )
                    shouldThrow<BudgetExceededException> { AddressSpace.allocatePrivate(1.MiB) }
                    budget.used shouldBe used
                    AddressSpace.regions().any { it.range.first in range } shouldBe false
                } finally {
                    budget.limit = Long.MAX_VALUE
                }
            }

            test("where only the exact size is left of a budget, that is made") {
                val budget = PermanentMemory.budget
                budget.limit = budget.used + 8.KiB
                try {
                    PermanentMemory.obtain(5000, freshRange()).size shouldBe 8192
                } finally {
                    budget.limit = Long.MAX_VALUE
                }
            }

            test("a refusal for want of room charges nothing") {
                val before = PermanentMemory.budget.used
                shouldThrow<AddressRangeExhaustedException> {
                    PermanentMemory.obtain(1, AddressRange.between(0, 0xffff))
                }
                PermanentMemory.budget.used shouldBe before
            }
        }
    }
}
