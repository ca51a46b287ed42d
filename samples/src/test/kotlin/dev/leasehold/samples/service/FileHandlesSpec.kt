package dev.leasehold.samples.service

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class FileHandlesSpec : FunSpec({
    val workload = GeneratedRows(rows = 1, clients = 5000, seed = 1, StationNames.make(10))

    test("too few file handles are refused before anything is opened, with what to do") {
        shouldThrow<FileHandlesException> { FileHandles.check(workload, limit = 1024) }.message shouldBe
            "5000 clients need about 10100 file handles, and this process may open 1024 more: raise the limit with " +
            "'ulimit -n 10200' and start again, or take fewer with --clients"
    }

    test("enough file handles are enough") {
        FileHandles.check(workload, limit = 10_100)
        shouldThrow<FileHandlesException> { FileHandles.check(workload, limit = 10_099) }
    }
})
