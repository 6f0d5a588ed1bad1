"""Estimates of how many persons there are, from lists that each know some of them, and of how sure they are."""

from capture_recapture.combining import CombinedEstimate, combine_estimates
from capture_recapture.few_lists import chao_lower_bound, chapman
from capture_recapture.hard_to_reach import HardToReach, hard_to_reach
from capture_recapture.heterogeneity import Heterogeneity, heterogeneity, heterogeneity_rows
from capture_recapture.highest_order import HighestOrder, Holds, highest_order
from capture_recapture.histories import NotIdentifiable
from capture_recapture.latent_classes import LatentClasses, latent_classes
from capture_recapture.linkage_draws import drawn_linkages, linkage_histories
from capture_recapture.method_table import method_table
from capture_recapture.model_averaging import model_average
from capture_recapture.multiple_systems import ASSUMPTIONS, MultipleSystems, multiple_systems
from capture_recapture.nested_lists import joined, nested_lists
from capture_recapture.networks import network_scale_up, rds_ii
from capture_recapture.over_linkages import RobustnessOverLinkages, robustness_over_linkages
from capture_recapture.robustness import Robustness, robustness
from capture_recapture.selection import model_status
from capture_recapture.strata import joint, stratified
from capture_recapture.successive_sampling import gile_ss

__all__ = [
    "ASSUMPTIONS",
    "CombinedEstimate",
    "HardToReach",
    "Heterogeneity",
    "HighestOrder",
    "Holds",
    "LatentClasses",
    "MultipleSystems",
    "NotIdentifiable",
    "Robustness",
    "RobustnessOverLinkages",
    "chao_lower_bound",
    "chapman",
    "combine_estimates",
    "drawn_linkages",
    "gile_ss",
    "hard_to_reach",
    "heterogeneity",
    "heterogeneity_rows",
    "highest_order",
    "joined",
    "joint",
    "latent_classes",
    "linkage_histories",
    "method_table",
    "model_average",
    "model_status",
    "multiple_systems",
    "nested_lists",
    "network_scale_up",
    "rds_ii",
    "robustness",
    "robustness_over_linkages",
    "stratified",
]
