package dev.leasehold.memory.internal.platform

/** Picks the platform: the system's own where this module may call it, the portable one elsewhere. */
internal object PlatformChoice {
    fun choose(nativeAccess: Boolean, system: String = System.getProperty("os.name")): Platform {
        if (!nativeAccess) {
            Log.warn(
                "Leasehold runs without native access: a closed lease refuses, but a raw view that was kept is not " +
                    "cut off. Start Java with --enable-native-access=ALL-UNNAMED (or =dev.leasehold.memory.core on " +
                    "the module path)",
            )
            return PortablePlatform()
        }
        return when {
            system.startsWith("Linux") -> PosixPlatform.linux()
            system.startsWith("Mac") -> PosixPlatform.mac()
            system.startsWith("Windows") -> WindowsPlatform()
            else -> PortablePlatform()
        }
    }
}
