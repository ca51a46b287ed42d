package dev.leasehold.testing

import com.tngtech.archunit.core.domain.JavaClass
import com.tngtech.archunit.core.domain.JavaClasses
import java.lang.module.ModuleDescriptor
import java.nio.file.Files
import java.nio.file.Path

/**
 * What a module lets others reach, on the module path too.
 *
 * A public inline function is compiled into its callers, and with it every call of [PublishedApi] declarations. Where
 * their package is not exported that compiles and runs on the class path, and is an `IllegalAccessError` on the module
 * path.
 */
public class Exports(private val module: ModuleDescriptor) {
    /** Fails with every class that is published for inlining out of a package that only the module itself can reach. */
    public fun checkThatInlinedCodeIsReachable(types: JavaClasses) {
        val open = module.exports().filterNot { it.isQualified }.map { it.source() }.toSet()
        val wrong = types.filter { it.isPublished() && it.packageName !in open }.map { it.name }.sorted()
        if (wrong.isNotEmpty()) {
            throw AssertionError(
                "@PublishedApi in packages that ${module.name()} does not export: ${wrong.joinToString()}",
            )
        }
    }

    private fun JavaClass.isPublished() =
        isAnnotatedWith(PublishedApi::class.java) || members.any { it.isAnnotatedWith(PublishedApi::class.java) }

    public companion object {
        /** What the module whose tests run declares in its `module-info.java`. */
        public fun ofThisModule(): Exports =
            Files.newInputStream(Path.of("target/classes/module-info.class")).use { Exports(ModuleDescriptor.read(it)) }
    }
}
