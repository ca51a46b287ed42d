package dev.leasehold.testing

import com.tngtech.archunit.core.domain.Dependency
import com.tngtech.archunit.core.domain.JavaClass
import com.tngtech.archunit.core.domain.JavaClasses
import com.tngtech.archunit.lang.ArchCondition
import com.tngtech.archunit.lang.ConditionEvents
import com.tngtech.archunit.lang.SimpleConditionEvent
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes
import com.tngtech.archunit.library.Architectures.layeredArchitecture
import com.tngtech.archunit.library.dependencies.SliceAssignment
import com.tngtech.archunit.library.dependencies.SliceIdentifier
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices

/**
 * The packages of the library, each a floor that stands on those below it. Each `check` throws an [AssertionError] that
 * names every offending line.
 *
 * @param root the library's root package; a test of the rules themselves gives another
 * @param core the packages of `memory-core`, the ground first, below [root]
 * @param above the packages of the other modules, likewise
 */
public class Floors(
    private val root: String,
    private val core: List<String> = CORE,
    above: List<String> = ABOVE,
) {
    private val floors = core + above

    private fun full(name: String) = if (name.isEmpty()) root else "$root.$name"

    /** Every class is on a floor, and uses only its own and those below. */
    public fun checkNothingImportsUpward(types: JavaClasses) {
        val house = layeredArchitecture().consideringOnlyDependenciesInLayers().withOptionalLayers(true)
        for (floor in floors) house.layer(full(floor)).definedBy(full(floor))
        for ((height, floor) in floors.withIndex()) {
            val below = floors.take(height).map(::full).toTypedArray()
            val layer = house.whereLayer(full(floor))
            if (below.isEmpty()) layer.mayNotAccessAnyLayer() else layer.mayOnlyAccessLayers(*below)
        }
        house.ensureAllClassesAreContainedInArchitecture().check(types)
    }

    /** No two packages depend on each other, also not by way of others. */
    public fun checkNothingGoesInCircles(types: JavaClasses): Unit =
        slices().assignedFrom(packages()).should().beFreeOfCycles().check(types)

    private fun packages() = object : SliceAssignment {
        override fun getIdentifierOf(type: JavaClass): SliceIdentifier =
            if (type.packageName.startsWith(root)) SliceIdentifier.of(type.packageName) else SliceIdentifier.ignore()

        override fun getDescription() = "packages of $root"
    }

    /**
     * No module reaches behind the public face of the core: of its `internal` packages only `spi` is for its sisters.
     *
     * What an inline function of the public API needs is compiled into its callers, so what is marked [PublishedApi]
     * may be reached, too.
     */
    public fun checkInternalsStayInside(types: JavaClasses): Unit = classes().should(leaveInternalsAlone()).check(types)

    private fun leaveInternalsAlone() = object : ArchCondition<JavaClass>("leave the internals of the core alone") {
        override fun check(item: JavaClass, events: ConditionEvents) {
            item.directDependenciesFromSelf.filter(::reachesInside).forEach {
                events.add(SimpleConditionEvent.violated(it, it.description))
            }
        }
    }

    private fun reachesInside(use: Dependency): Boolean {
        val target = use.targetClass.baseComponentType
        return isOfCore(target) && isInternal(target) && !isOfCore(use.originClass)
    }

    private fun isOfCore(type: JavaClass) = core.any { type.packageName == full(it) }

    private fun isInternal(type: JavaClass): Boolean = type.packageName.startsWith("$root.internal.") &&
        type.packageName != "$root.internal.spi" && !isPublished(type)

    private fun isPublished(type: JavaClass): Boolean = type.isAnnotatedWith(PublishedApi::class.java) ||
        type.enclosingClass.map(::isPublished).orElse(false)

    private companion object {
        val CORE = listOf(
            "internal.platform",
            "internal.budget",
            "internal.block",
            "internal.store",
            "internal.epoch",
            "internal.cache",
            "internal.engine",
            "internal.access",
            "internal.manager",
            "internal.pool",
            // The root itself: segments, leases, blocks, pools, managers, budgets and errors.
            "",
            "internal.typed",
            "typed",
            "internal.mapped",
            "mapped",
            "internal.permanent",
            "permanent",
            "internal.diagnostics",
            "diagnostics",
            "internal.jfr",
            "internal.spi",
        )
        val ABOVE = listOf(
            "dsl.internal",
            "dsl",
            "coroutines.internal.line",
            "coroutines.internal.own",
            "coroutines.internal.watch",
            "coroutines.internal.lend",
            "coroutines.internal.io",
            "coroutines",
            "device.internal.driver",
            "device.internal.opencl",
            "device.internal.cuda",
            "device.internal",
            "device",
            "device.unsafe",
            "micrometer.internal",
            "micrometer",
            "okio.internal",
            "okio",
            "io.internal",
            "io",
            "ktor.internal",
            "ktor",
            "netty.internal",
            "netty",
            "arrow.internal",
            "arrow",
            "testing.internal",
            "testing",
        )
    }
}
