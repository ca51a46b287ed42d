package dev.leasehold.memory

import io.kotest.core.spec.style.FunSpec

class ChurnSpec : FunSpec({
    for ((n, b, q) in listOf(
        Triple("4", 4.MiB, 4.MiB),
        Triple("4q1", 4.MiB, 1.MiB),
        Triple("64", 64.MiB, 4.MiB),
        Triple("0", 0L, 0L),
    )) {
        test("churn $n") {
            val pool = MemoryPool.isolated("churn") {
                idleBound = b
                quarantineBytes = q
            }
            val a = object : ChurnAllocator<Lease> {
                override fun allocate(size: Int) = pool.rent(size.toLong())
                override fun free(block: Lease) = block.close()
                override val reserved get() = pool.stats().reserved
            }
            val t0 = System.nanoTime()
            val all = ArrayList<ChurnTrace.Checkpoint>()
            ChurnTrace().run(a) {
                all.add(it)
                if (it.operation % 20_000 ==
                    0
                ) {
                    println("$it ${it.excess / 1024} ${pool.stats()}")
                }
            }
            println(
                "$n own: worst excess ${all.maxOf {
                    it.excess
                } / 1024} KiB last ${all.last()} in ${(System.nanoTime() - t0) / 1000000} ms",
            )
            pool.close()
        }
        test("churn shared $n") {
            val pool = MemoryPool.isolated("churn") {
                idleBound = b
                quarantineBytes = q
            }
            val a = object : ChurnAllocator<SharedLease> {
                override fun allocate(size: Int) = pool.rentShared(size.toLong())
                override fun free(block: SharedLease) = block.close()
                override val reserved get() = pool.stats().reserved
            }
            val t0 = System.nanoTime()
            val all = ArrayList<ChurnTrace.Checkpoint>()
            if (q >
                0
            ) {
                ChurnTrace().run(a) {
                    all.add(it)
                    if (it.operation % 20_000 ==
                        0
                    ) {
                        println("$it ${it.excess / 1024} ${pool.stats()}")
                    }
                }
            }
            if (q >
                0
            ) {
                println(
                    "$n shared: worst excess ${all.maxOf {
                        it.excess
                    } / 1024} KiB last ${all.last()} in ${(System.nanoTime() - t0) / 1000000} ms",
                )
            }
            pool.close()
        }
    }
})
