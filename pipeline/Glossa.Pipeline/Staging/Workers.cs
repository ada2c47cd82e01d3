using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Staging;

/// <summary>How many threads a stage may keep busy.</summary>
public static class Workers
{
    /// <summary>The configured number, or the machine's cores where none is configured.</summary>
    public static int Of(EngineConfig engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine.Threads > 0 ? engine.Threads : Environment.ProcessorCount;
    }
}
