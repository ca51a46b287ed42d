package dev.leasehold.memory.arrow

import dev.leasehold.memory.arrow.internal.ArrowVersion
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import org.apache.arrow.memory.AllocationManager

class ArrowVersionSpec : FunSpec() {
    init {
        test("the Arrow of these tests is accepted") {
            ArrowVersion.require()
        }

        test("where there is no Arrow, that is what is said, and what to add") {
            val bare = ClassLoader.getPlatformClassLoader()
            val failure = shouldThrow<IllegalStateException> { ArrowVersion.require(bare) }
            failure.message shouldContain "there is none: add org.apache.arrow:arrow-memory-core:19"
        }

        for (version in listOf("18.3.0", "1.9.0", "190.0.0", "20.0.0-SNAPSHOT")) {
            test("Arrow $version is refused by its number") {
                val failure = shouldThrow<IllegalStateException> { ArrowVersion.require(Other(version)) }
                failure.message shouldContain "needs Apache Arrow 19, and found $version"
            }
        }

        test("another 19, and one that does not name its version, is accepted") {
            ArrowVersion.require(Other("19.1.2"))
            ArrowVersion.require(Other(null))
        }

        test("the version of an application whose jar has Arrow in it is not taken for Arrow's") {
            ArrowVersion.require(Other("1.0", title = "Orders"))
        }
    }

    /** Has Arrow's class in a package that names the [version]. */
    private class Other(private val version: String?, private val title: String = "Arrow Memory - Core") :
        ClassLoader(null) {
        override fun findClass(name: String): Class<*> {
            if (!name.startsWith("org.apache.arrow.")) throw ClassNotFoundException(name)
            val path = "${name.replace('.', '/')}.class"
            val bytes = AllocationManager::class.java.classLoader.getResourceAsStream(path)!!.readAllBytes()
            definePackage(name.substringBeforeLast('.'), null, null, null, title, version, null, null)
            return defineClass(name, bytes, 0, bytes.size)
        }
    }
}
