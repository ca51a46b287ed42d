package dev.leasehold.memory.netty

import dev.leasehold.memory.netty.internal.NettyVersion
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldContain
import io.netty.buffer.AbstractByteBufAllocator
import java.io.ByteArrayInputStream
import java.net.URI
import java.net.URL
import java.net.URLConnection
import java.net.URLStreamHandler
import java.util.Collections
import java.util.Enumeration

class NettyVersionSpec : FunSpec() {
    init {
        test("the Netty of these tests is accepted") {
            NettyVersion.require()
        }

        test("where there is no Netty, that is what is said, and what to add") {
            val bare = ClassLoader.getPlatformClassLoader()
            val failure = shouldThrow<IllegalStateException> { NettyVersion.require(bare) }
            failure.message shouldContain "there is none: add io.netty:netty-buffer:4.2"
        }

        for (version in listOf("4.1.137.Final", "4.20.0.Final", "5.0.0.Alpha1")) {
            test("Netty $version is refused by its number") {
                val failure = shouldThrow<IllegalStateException> { NettyVersion.require(Other(version)) }
                failure.message shouldContain "needs Netty 4.2, and found $version"
            }
        }

        test("another 4.2, and one that does not name its version, is accepted") {
            NettyVersion.require(Other("4.2.99.Final"))
            NettyVersion.require(Other(null))
        }
    }

    /** Has Netty's allocator in a package that says nothing, and beside it the file with the [version]. */
    private class Other(private val version: String?) : ClassLoader(null) {
        override fun findClass(name: String): Class<*> {
            if (!name.startsWith("io.netty.")) throw ClassNotFoundException(name)
            val path = "${name.replace('.', '/')}.class"
            val bytes = AbstractByteBufAllocator::class.java.classLoader.getResourceAsStream(path)!!.readAllBytes()
            return defineClass(name, bytes, 0, bytes.size)
        }

        override fun findResources(name: String): Enumeration<URL> =
            Collections.enumeration(listOfNotNull(version?.let { file("netty-buffer.version=$it") }))

        private fun file(text: String): URL = URL.of(
            URI("text:versions"),
            object : URLStreamHandler() {
                override fun openConnection(url: URL) = object : URLConnection(url) {
                    override fun connect() = Unit

                    override fun getInputStream() = ByteArrayInputStream(text.toByteArray())
                }
            },
        )
    }
}
