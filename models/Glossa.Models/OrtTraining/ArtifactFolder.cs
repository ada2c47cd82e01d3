using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.OrtTraining.Checkpoints;

namespace Glossa.Models.OrtTraining;

/// <summary>A folder of training artifacts.</summary>
public static class ArtifactFolder
{
    /// <summary>Writes the four files, the checkpoint last; with <paramref name="nominal"/> a checkpoint of names alone as well.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string folder, Artifacts artifacts, bool nominal = false)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        OnnxFile.Write(Path.Combine(folder, ArtifactNames.TrainingModel), artifacts.Training);
        OnnxFile.Write(Path.Combine(folder, ArtifactNames.EvaluationModel), artifacts.Evaluation);
        OnnxFile.Write(Path.Combine(folder, ArtifactNames.OptimizerModel), artifacts.Optimizer);
        if (nominal) OrtCheckpointFile.Write(Path.Combine(folder, ArtifactNames.NominalCheckpoint), artifacts.Checkpoint.ToNominal());
        OrtCheckpointFile.Write(Path.Combine(folder, ArtifactNames.Checkpoint), artifacts.Checkpoint);
    }

    /// <summary>Reads the four files of whoever wrote them and checks that they fit together.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="checkpoint">Another checkpoint in place of the folder's, such as one that a session saved.</param>
    /// <exception cref="InputException">A file is missing or damaged, or the runtime would crash on them or train them wrongly.</exception>
    public static Artifacts Read(string folder, string? checkpoint = null)
    {
        if (!Directory.Exists(folder)) throw new InputException("no such folder of training artifacts", folder, "make it with `glossa artifacts`");
        Artifacts artifacts = new(
            ModelImport.ReadOriginal(Path.Combine(folder, ArtifactNames.TrainingModel)), ModelImport.ReadOriginal(Path.Combine(folder, ArtifactNames.EvaluationModel)),
            OnnxFile.Read(Path.Combine(folder, ArtifactNames.OptimizerModel)), OrtCheckpointFile.Read(checkpoint ?? Path.Combine(folder, ArtifactNames.Checkpoint)), []);
        ArtifactConsistency.Check(artifacts, folder);
        return artifacts;
    }
}
